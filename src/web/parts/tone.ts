/** What a colour says; the words beside it say it too. */
export type Tone = 'good' | 'bad' | 'warn' | 'info' | 'quiet'

import { type Command, InvalidArgumentError } from 'commander'

/** Gives a command the arguments of a hook: GEM and URL. An empty one is wrong usage. */
export function takesHook(command: Command, kindsOfUrl: string): Command {
  return command
    .argument('<gem>', "name of the gem, or '*' for all", gemName)
    .argument('<url>', `${kindsOfUrl} URL`, hookUrl)
}

/** The name of a gem as it was given. Throws commander's error when it is blank. */
export function gemName(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError("Give the name of a gem, or '*' for all.")
  return text
}

function hookUrl(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('Give the URL of the hook.')
  return text
}

import type { Job, Outcome } from '../../src/delivery.js'

/** A job to a webhook endpoint that nobody listens at; give what matters to the test. */
export function jobFor(deliveryId: number, other: Partial<Job> = {}): Job {
  return {
    deliveryId,
    attempt: 1,
    channel: 'webhook',
    url: 'http://127.0.0.1:9/',
    accountId: 1,
    message: {
      id: `msg_test_${deliveryId}`,
      kind: 'pushed',
      gemName: 'rails',
      number: '8.1.3',
      body: '{"name":"rails","version":"8.1.3"}',
      gemPage: 'https://rubygems.org/gems/rails',
      previous: null,
      origin: 'event',
      occurredAt: 0,
      via: '0123456789ab',
    },
    apiKey: 'gh_canary_of_the_test',
    allow: [],
    unsubscribeUrl: null,
    ...other,
  }
}

/** What an attempt at `job` came to when it went well; give what matters to the test. */
export function outcomeOf(job: Pick<Job, 'deliveryId' | 'attempt'>, other: Partial<Outcome> = {}): Outcome {
  return {
    deliveryId: job.deliveryId,
    attempt: job.attempt,
    startedAt: Date.now(),
    durationMs: 1,
    verdict: 'succeeded',
    statusCode: 200,
    headers: null,
    response: 'OK',
    error: null,
    retryAfterMs: null,
    endpointGone: false,
    ...other,
  }
}

import helmet from 'helmet'

/**
 * Headers of every answer, errors and pages that are not there included: a browser is to load, run, frame and guess
 * nothing. What an answer sets itself goes before these.
 */
export const secureHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  xFrameOptions: { action: 'deny' },
  // Whether other hosts below this one speak TLS is not for gemherald to say.
  strictTransportSecurity: { includeSubDomains: false },
})

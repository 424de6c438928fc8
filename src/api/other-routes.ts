import { catalogRoutes } from './elsewhere/catalog.js'
import { feedRoutes } from './elsewhere/feeds.js'
import { hookRoutes } from './elsewhere/hooks.js'
import type { OtherRoute } from './elsewhere/other-route.js'
import { receiverRoutes } from './elsewhere/receiver.js'
import { watchingRoutes } from './elsewhere/watching.js'

/** All routes for programs that are not the JSON API's own. */
export const otherRoutes: readonly OtherRoute[] = [
  ...hookRoutes,
  ...receiverRoutes,
  ...catalogRoutes,
  ...feedRoutes,
  ...watchingRoutes,
]

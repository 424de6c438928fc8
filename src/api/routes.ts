import { listDead } from './dead.js'
import { listDeliveries, redeliver, showDelivery } from './deliveries.js'
import { disableEndpoint, enableEndpoint, listEndpoints, showEndpoint } from './endpoints.js'
import { listEvents, showEvent } from './events.js'
import { fire } from './fire.js'
import { listHooks } from './hooks.js'
import { listInboxes, listMessages, showMessage } from './inboxes.js'
import { showPreview } from './previews.js'
import { showRedelivery, startRedelivery } from './redeliveries.js'
import { listReleases } from './releases.js'
import type { Route } from './route.js'
import { showStatistics } from './statistics.js'
import { showStatus } from './status.js'
import { showPlan, showSync, sync } from './upstream.js'
import { verify } from './verify.js'
import { listWorkers } from './workers.js'

/** Everything that the JSON API can do. */
export const routes: readonly Route[] = [
  listEvents,
  showEvent,
  listReleases,
  listDeliveries,
  showDelivery,
  redeliver,
  listDead,
  startRedelivery,
  showRedelivery,
  listHooks,
  listEndpoints,
  showEndpoint,
  enableEndpoint,
  disableEndpoint,
  showPreview,
  fire,
  listInboxes,
  listMessages,
  showMessage,
  verify,
  showStatus,
  showStatistics,
  listWorkers,
  showPlan,
  showSync,
  sync,
]

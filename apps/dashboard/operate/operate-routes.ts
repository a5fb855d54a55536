import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { rootRoute } from '../root-route';
import { OperateFrame } from './operate-frame';
import { readQueueSearch } from './queue/queue-search';
import { readNewRunSearch } from './training/new-run-search';
import { readWebhookSearch } from './webhooks/webhook-search';

// What its pages show is loaded when somebody goes there: most readers look at jobs.

const operateRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/operate',
  component: OperateFrame,
});

const indexRoute = createRoute({
  getParentRoute: () => operateRoute,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/operate/queue', search: {} });
  },
});

const queueRoute = createRoute({
  getParentRoute: () => operateRoute,
  path: '/queue',
  validateSearch: readQueueSearch,
  component: lazyRouteComponent(() => import('./queue/queue-page'), 'QueuePage'),
});

const webhooksRoute = createRoute({
  getParentRoute: () => operateRoute,
  path: '/webhooks',
  component: lazyRouteComponent(() => import('./webhooks/webhooks-page'), 'WebhooksPage'),
});

const webhookRoute = createRoute({
  getParentRoute: () => operateRoute,
  path: '/webhooks/$webhookId',
  validateSearch: readWebhookSearch,
  component: lazyRouteComponent(() => import('./webhooks/webhook-page'), 'WebhookPage'),
});

const modelsRoute = createRoute({
  getParentRoute: () => operateRoute,
  path: '/models',
  component: lazyRouteComponent(() => import('./models/models-page'), 'ModelsPage'),
});

const runRoute = createRoute({
  getParentRoute: () => operateRoute,
  path: '/models/$runId',
  component: lazyRouteComponent(() => import('./models/run-page'), 'RunPage'),
});

const newRunRoute = createRoute({
  getParentRoute: () => operateRoute,
  path: '/models/new',
  validateSearch: readNewRunSearch,
  component: lazyRouteComponent(() => import('./training/new-run-page'), 'NewRunPage'),
});

const keysRoute = createRoute({
  getParentRoute: () => operateRoute,
  path: '/keys',
  component: lazyRouteComponent(() => import('./keys/keys-page'), 'KeysPage'),
});

export const operateRoutes = operateRoute.addChildren([
  indexRoute,
  queueRoute,
  webhooksRoute,
  webhookRoute,
  modelsRoute,
  newRunRoute,
  runRoute,
  keysRoute,
]);

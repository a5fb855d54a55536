import { createRoute, createRouter, redirect } from '@tanstack/react-router';
import { readGallerySearch } from './gallery/gallery-search';
import { ItemPage } from './item/item-page';
import { JobPage } from './jobs/job-page';
import { JobsPage } from './jobs/jobs-page';
import { readJobSearch } from './jobs/job-search';
import { operateRoutes } from './operate/operate-routes';
import { rootRoute } from './root-route';
import { ErrorPage } from './shell/error-page';
import { StartPage } from './start/start-page';

const homeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/jobs', search: {} });
  },
});

const jobsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/jobs',
  validateSearch: readJobSearch,
  component: JobsPage,
});

const jobRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/jobs/$jobId',
  validateSearch: readGallerySearch,
  component: JobPage,
});

const itemRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/jobs/$jobId/items/$n',
  component: ItemPage,
});

const startRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/new',
  component: StartPage,
});

export const router = createRouter({
  routeTree: rootRoute.addChildren([
    homeRoute,
    jobsRoute,
    jobRoute,
    itemRoute,
    startRoute,
    operateRoutes,
  ]),
  scrollRestoration: true,
  defaultErrorComponent: ErrorPage,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

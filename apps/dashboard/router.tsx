import { createRootRoute, createRoute, createRouter, redirect } from '@tanstack/react-router';
import { JobPage } from './jobs/job-page';
import { JobsPage } from './jobs/jobs-page';
import { readJobSearch } from './jobs/job-search';
import { NotFound } from './shell/not-found';
import { Shell } from './shell/shell';

const rootRoute = createRootRoute({ component: Shell, notFoundComponent: NotFound });

const homeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/jobs', search: {} });
  },
});

export const jobsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/jobs',
  validateSearch: readJobSearch,
  component: JobsPage,
});

export const jobRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/jobs/$jobId',
  component: JobPage,
});

export const router = createRouter({
  routeTree: rootRoute.addChildren([homeRoute, jobsRoute, jobRoute]),
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

import { createRootRoute } from '@tanstack/react-router';
import { NotFound } from './shell/not-found';
import { Shell } from './shell/shell';

export const rootRoute = createRootRoute({ component: Shell, notFoundComponent: NotFound });

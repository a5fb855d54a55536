import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { queryClient } from './client/query-client';
import { router } from './router';
import { applyTheme, readTheme } from './shell/theme';
import './style/tokens.css';
import './style/base.css';
import './style/parts.css';
import './style/shell.css';
import './style/jobs.css';
import './style/latency.css';
import './style/number-table.css';
import './style/failures.css';
import './style/gallery.css';
import './style/start.css';
import './style/ask-again.css';
import './style/correction.css';
import './style/operate.css';
import './style/new-run.css';

applyTheme(readTheme());
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);

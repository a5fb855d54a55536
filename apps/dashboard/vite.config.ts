import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The api serves `dist/dashboard`. `npx vite apps/dashboard` serves the sources, beside a running `pallet up`. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: '../../dist/dashboard',
    emptyOutDir: true,
    target: 'es2022',
    // The policy of the page lets no data: script or style through.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { '/v1': 'http://127.0.0.1:8700' } },
});

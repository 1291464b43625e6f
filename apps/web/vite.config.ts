import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where the lab answers while the page is served by Vite; `npm run dev` sets it when the port is not the default. */
const gateway = process.env['IMSLAB_GATEWAY_URL'] ?? 'http://localhost:8080';

/** Paths that the gateway answers; the rest is the page. It takes only its own origin, so the proxy speaks as it. */
const gatewayPaths = ['/api', '/sip', '/healthz', '/metrics'];

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  // JsSIP's generated SIP grammar alone has 400 kB; the page comes from the same machine.
  build: { outDir: 'dist', emptyOutDir: true, target: 'es2023', chunkSizeWarningLimit: 1000 },
  server: {
    proxy: Object.fromEntries(
      gatewayPaths.map((path) => [
        path,
        { target: gateway, ws: true, changeOrigin: true, headers: { origin: gateway } },
      ]),
    ),
  },
});

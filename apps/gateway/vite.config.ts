import { defineConfig } from 'vite';

// The gateway as one file for Node 20: our own packages are compiled in, with the npm packages that only they depend on.
// The gateway's own npm packages stay where they are (diameter, mediasoup and libsql read files beside themselves).
export default defineConfig({
  build: {
    ssr: 'src/main.ts',
    outDir: 'dist',
    target: 'node20',
    sourcemap: true,
    rollupOptions: { output: { entryFileNames: '[name].js' } },
  },
  ssr: { noExternal: [/^@imslab\//, /^@noble\//, 're2js', 'saxes', 'sdp-transform', 'xmlchars'], target: 'node' },
});

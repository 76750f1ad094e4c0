/** Builds the page into files that load nothing from elsewhere and hold no inline script or style (strict CSP). */
import { defineConfig } from 'vite';

export default defineConfig({
  // Below whatever token the server chose.
  base: './',
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // A data: address would break the policy.
    assetsInlineLimit: 0,
    // The notices that the bundled libraries' licences ask for.
    license: { fileName: 'licenses.md' },
    target: 'es2022',
    rolldownOptions: {
      // Libraries mark what a server must not run; nothing of this page runs on one.
      onLog: (level, log, tell) => {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') tell(level, log);
      },
    },
  },
});

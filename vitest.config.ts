import { configDefaults, defineConfig } from 'vitest/config'

// These replace modules, or count on a process that has run nothing else.
const apart = [
  'test/api/openapi.test.ts',
  'test/cli/upstream-calibrate.test.ts',
  'test/outbound/connector.test.ts',
]

const common = {
  setupFiles: ['test/helpers/exit-with-vitest.ts'],
  // Native modules are at home in processes, not in threads.
  pool: 'forks' as const,
  testTimeout: 30_000,
  hookTimeout: 60_000,
  retry: 0,
}

export default defineConfig({
  test: {
    // More than the two cores that it should do with: much of the run is waiting.
    maxWorkers: 4,
    projects: [
      {
        test: {
          ...common,
          name: 'together',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: [...configDefaults.exclude, ...apart],
          // Loading the modules anew for every file took half of the whole run.
          isolate: false,
        },
      },
      { test: { ...common, name: 'apart', include: apart } },
    ],
  },
})

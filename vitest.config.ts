import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "docs/examples/test/**/*.test.ts", "lint/test/**/*.test.ts"],
    // Time in tests is virtual (TestClock), so Effect needs the real timers.
    fakeTimers: { toFake: [] },
    testTimeout: 30_000
  }
})

// Runs in every test process, before each of its test files. A test process outlives a vitest that is killed or
// interrupted, and with it whatever its tests have started. The end of vitest closes the channel between the two.
function dieWithVitest() {
  process.kill(process.pid, 'SIGKILL')
}

if (!process.listeners('disconnect').some(({ name }) => name === dieWithVitest.name))
  process.once('disconnect', dieWithVitest)

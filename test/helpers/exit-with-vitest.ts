// Runs in every test process, before its test file. A test process outlives a vitest that is killed or interrupted,
// and with it whatever its tests have started. The end of vitest closes the channel between the two.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'))

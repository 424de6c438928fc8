/** A vitest reporter that ends the output with a line for machines: '12 passed, 0 failed'. */
export default class TotalsReporter {
  onTestRunEnd(files, errorsOutsideTests) {
    const states = files.flatMap((file) => [...file.children.allTests()].map((test) => test.result().state))
    const failed = count(states, 'failed') + files.filter(couldNotRun).length + errorsOutsideTests.length
    console.log(`${count(states, 'passed')} passed, ${failed} failed`)
  }
}

// A file that does not load, or a hook that fails, need not leave a failed test behind.
function couldNotRun(file) {
  return [file, ...file.children.allSuites()].some((suite) => suite.errors().length > 0)
}

function count(states, state) {
  return states.filter((each) => each === state).length
}

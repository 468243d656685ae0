export function backendsSuite() {}

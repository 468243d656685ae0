export function controlsSuite() {}

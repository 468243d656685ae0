export function faultsSuite() {}

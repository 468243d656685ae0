export function picturesSuite() {}

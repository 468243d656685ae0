// Keeps hold of the app's memory, which the page itself does not give out.
export const KEEP_MEMORY = () => {
  for (const name of ["instantiate", "instantiateStreaming"]) {
    const original = WebAssembly[name];
    WebAssembly[name] = async (...all) => {
      const made = await original.apply(WebAssembly, all);
      // Of the app's parts only the first brings one.
      const memory = Object.values((made.instance ?? made).exports).find((one) => one instanceof WebAssembly.Memory);
      window.appMemory ??= memory;
      return made;
    };
  }
};

// What Chromium 92 lacks of what the libraries use. Object.hasOwn came with 93.
if (!('hasOwn' in Object)) {
  Object.defineProperty(Object, 'hasOwn', { value: (o: object, k: PropertyKey) => Object.prototype.hasOwnProperty.call(o, k), configurable: true, writable: true });
}
export {};

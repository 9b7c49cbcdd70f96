// Takes the place of undici and of the generated API client in the bundle, where only the reader of kubeconfigs imports
// them, and calls none of them. See bundle.mjs.
const refuse = () => {
  throw new Error('the API client is not part of this program');
};
class NotInTheBundle {
  constructor() {
    refuse();
  }
}
export {
  NotInTheBundle as Agent,
  NotInTheBundle as ProxyAgent,
  NotInTheBundle as ServerConfiguration,
  refuse as createConfiguration,
};

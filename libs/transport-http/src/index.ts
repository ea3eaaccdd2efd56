export { HttpPrepared, type HttpPreparedOptions } from './http-prepared.js';
export {
  HttpTransport,
  type HttpParticipant,
  type HttpTransportOptions,
} from './http-transport.js';

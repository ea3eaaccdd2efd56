export {
  HttpTransport,
  type HttpParticipant,
  type HttpTransportOptions,
} from './http-transport.js';

/** Version of the API's document. */
export const API_VERSION = '0.1.0';

/** The path of the gateway that connectors dial. */
export const carrierPath = '/.sallyport/connector';
/** The WebSocket subprotocol of a carrier. */
export const carrierProtocol = 'sallyport.connector.v1';

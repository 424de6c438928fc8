/** Why an endpoint is disabled that somebody disabled, on the page or through the API. */
export const disabledByHand = 'disabled by hand'

/**
 * What each sku of the demo costs to begin with, in cents: the order service's catalogue, and the price
 * list by which the payment service authorizes.
 */
export const CATALOGUE = { WIDGET: 1_990, GADGET: 2_490, RARE: 99_900 } as const;

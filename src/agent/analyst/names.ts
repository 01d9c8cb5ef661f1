/** Service names are the same without regard to case and outer blanks. */
export const serviceKey = (service: string): string => service.trim().toLowerCase()

/* Decimal numbers as text. */
#ifndef IO_NUMBER_H
#define IO_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

/* What a text says beside its value. */
typedef struct number_form {
  bool whole;      /* no fraction, or one of zeros: 3, 3.0, 3e2 */
  size_t decimals; /* digits behind the point, less an exponent; 0 at least */
} number_form;

/* Whether text is nothing but a decimal number ("-1.5e3", ".5", "5."); then *out is the nearest double,
 * infinite beyond 1.8e308. point: what stands before the fraction, '.' or ','. form may be NULL. */
bool number_read(double *out, const char *text, char point, number_form *form);

#endif

/* Reports: what the files of a run directory say, as a page to read.
 *
 * A page is one HTML file with everything in it: no scripts, nothing from the network. It is made from the
 * files of the directory alone, so equal runs have equal pages, and one made later equals the one that
 * despur_run left. */
#ifndef DESPUR_REPORT_H
#define DESPUR_REPORT_H

#include "despur/error.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct despur_report_options {
  const char *page;  /* the file to write; NULL: none */
  const char *plots; /* directory for every plot as an SVG file, created when it is missing; NULL: none */
  /* What manifest.json is going to say, for who has the directory locked and writes it; NULL: it is read. */
  const char *manifest;
} despur_report_options;

/* Makes the page of a run, or, when there are several directories or one that is no run itself, a page that
 * compares all runs in them, however deep: methods side by side, mean and spread over seeds, and what lifting
 * the worst group costs the average. *verdict, unless verdict is NULL, gets the first sentence: what the
 * network uses and how that is known, or which method is best. The caller frees it with free().
 * DESPUR_BAD_INPUT names the file and line that cannot be read, DESPUR_BAD_USAGE a run that a process is
 * still at work in. In a comparison, runs that cannot be read or did not end well are listed with the reason.
 */
DESPUR_API DESPUR_MUST_USE despur_status despur_report(const char *const *directories, size_t count,
                                                       const despur_report_options *options, char **verdict,
                                                       despur_error *error);

#ifdef __cplusplus
}
#endif
#endif

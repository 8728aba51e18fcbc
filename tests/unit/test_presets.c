/* What a method stands for when a recipe says no more than its name: the settings of the papers and of their
 * authors' code, written down a second time. */
#include "config_testing.h"

typedef struct choice {
  const char *method,
      *lines[12]; /* method: overrides; lines: of the configuration that follows, in its order */
} choice;

static const choice CHOICES[] = {
    /* Yang et al. 2024: k-means on the output of the network after a few epochs, k by the silhouette */
    {"infer={method: spare}",
     {"on: probabilities", "scale: none", "algorithm: kmeans", "scope: class", "max_clusters: 5",
      "score: silhouette", "starts: 10", "method: spare", "rule: silhouette"}},
    /* Sohoni et al. 2020: features, UMAP to 2, Gaussian mixtures, over-clustering by 5, GroupDRO */
    {"infer={method: george}",
     {"on: features", "scale: unit", "components: 2", "algorithm: gmm", "scope: class", "max_clusters: 10",
      "score: macro_silhouette", "overcluster: 5", "overcluster_loss: true", "starts: 3", "method: groupdro",
      "rule: val_worst_inferred_group"}},
    {"infer={method: george, preset: spuco}",
     {"on: features", "scale: standard", "scope: all", "min_dist: 0.1", "algorithm: gmm", "scope: class",
      "max_clusters: 5", "score: macro_silhouette", "overcluster: 5", "overcluster_loss: false",
      "method: groupdro", "rule: val_worst_group"}},
    /* Liu et al. 2021 */
    {"infer={method: jtt}", {"method: jtt", "method: jtt", "repeats: 20"}},
    /* Creager et al. 2021: two environments, and a method that takes groups */
    {"infer={method: eiil}", {"method: eiil", "scope: all", "steps: 20000", "lr: 0.01", "method: groupdro"}},
    /* what a recipe says itself stays */
    {"infer={method: spare, on: logits, clusters: 3}", {"on: logits", "clusters: 3", "method: spare"}},
};

/* Keys that have no effect stand there as comments and do not count. */
static bool line_is(const char *line, size_t length, const char *wanted) {
  while (length > 0 && *line == ' ') line++, length--;
  return length == strlen(wanted) && !strncmp(line, wanted, length);
}

static void methods_stand_for_the_settings_of_their_papers(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof CHOICES / sizeof *CHOICES; i++) {
    despur_config *config = new_config();
    set(config, "reference.epochs=1");
    set(config, CHOICES[i].method);
    char *yaml = formatted(config), *at = yaml;
    for (const char *const *wanted = CHOICES[i].lines; wanted < CHOICES[i].lines + 12 && *wanted; wanted++) {
      bool found = false;
      for (char *end; !found && (end = strchr(at, '\n')); at = end + 1)
        found = line_is(at, (size_t)(end - at), *wanted);
      if (!found) fail_msg("%s: no '%s' in its place in\n%s", CHOICES[i].method, *wanted, yaml);
    }
    free(yaml);
    despur_config_free(config);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(methods_stand_for_the_settings_of_their_papers)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

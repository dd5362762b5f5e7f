// Functions that are compiled for several processors.
#ifndef NCLAB_METRICS_STATISTICS_CLONES_H_
#define NCLAB_METRICS_STATISTICS_CLONES_H_

// Compiled for each of these processors; the one at hand is chosen at start-up.
#define NCLAB_CLONES \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))

#endif  // NCLAB_METRICS_STATISTICS_CLONES_H_

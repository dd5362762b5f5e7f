// Functions that are compiled for several processors.
#ifndef NCLAB_TOOLS_BASE_CLONES_H_
#define NCLAB_TOOLS_BASE_CLONES_H_

// Compiled for each of these processors; the one at hand is chosen at start-up.
#if defined(__x86_64__)
#define NCLAB_CLONES \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define NCLAB_CLONES
#endif

#endif  // NCLAB_TOOLS_BASE_CLONES_H_

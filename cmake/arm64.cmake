# 64-bit ARM, by Debian's cross compiler and the packages that tools/arm64_packages lays into build-arm64/sysroot. Its programs
# run under qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)

get_filename_component(SYSROOT ${CMAKE_CURRENT_LIST_DIR}/../build-arm64/sysroot ABSOLUTE)
set(LIBRARIES ${SYSROOT}/usr/lib/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH ${SYSROOT})
set(CMAKE_C_FLAGS_INIT "-isystem ${SYSROOT}/usr/include -isystem ${SYSROOT}/usr/include/aarch64-linux-gnu")
# An old-fashioned rpath: it holds for what libraries need, too.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-L${LIBRARIES} -Wl,--disable-new-dtags,-rpath,${LIBRARIES}")
set(CMAKE_SHARED_LINKER_FLAGS_INIT "-L${LIBRARIES} -Wl,-rpath-link,${LIBRARIES}")
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L /usr/aarch64-linux-gnu)

set(ENV{PKG_CONFIG_LIBDIR} ${LIBRARIES}/pkgconfig)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${SYSROOT})

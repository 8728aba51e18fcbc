# What `make install` puts where. The pkg-config file finds its prefix from its own place, so that the installed tree may be
# moved and DESTDIR needs no care.
install(TARGETS despur_static despur_shared despur)
install(DIRECTORY include/despur DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(DIRECTORY recipes DESTINATION ${CMAKE_INSTALL_DATADIR}/despur FILES_MATCHING PATTERN "*.yaml")
file(GLOB MAN_PAGES CONFIGURE_DEPENDS man/*.1)
install(FILES ${MAN_PAGES} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)

set(COMPLETIONS ${PROJECT_SOURCE_DIR}/completions)
install(FILES ${COMPLETIONS}/despur.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME despur)
install(FILES ${COMPLETIONS}/_despur DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${COMPLETIONS}/despur.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

set(PC_REQUIRES "zlib, spng, yaml-0.1")
set(PC_LIBS "-lm -pthread")
if(JPEG_FOUND)
  string(APPEND PC_REQUIRES ", libjpeg")
endif()
if(WEBP_FOUND)
  string(APPEND PC_REQUIRES ", libwebp")
endif()
if(CURL_FOUND)
  # Not in Requires.private: libcurl.pc would add a dozen libraries that only a static libcurl needs.
  string(APPEND PC_LIBS " -lcurl")
endif()
file(RELATIVE_PATH PC_PREFIX ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" PC_PREFIX ${PC_PREFIX})
configure_file(cmake/despur.pc.in despur.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/despur.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

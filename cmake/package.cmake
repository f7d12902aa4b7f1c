# What is installed, and the Debian package that CPack makes of it:
#   cmake --build --preset release --target package
# There are three components: `program` is the same everywhere; `prefix` is what `cmake --install` puts under the prefix
# besides; `debian` is what the package has in its place, where Debian wants it.
include(GNUInstallDirs)
find_program(GZIP gzip REQUIRED)

set(package_dir "${PROJECT_BINARY_DIR}/package")
set(package_maintainer "runwatch maintainers <maintainers@runwatch.invalid>")
file(GLOB units CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/systemd/*")

# Reads a file; CMake runs again when it changes.
macro(read_source file variable)
    set_property(DIRECTORY "${PROJECT_SOURCE_DIR}" APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
    file(READ "${file}" ${variable})
endmacro()

# Replaces a text, which has to be there.
function(replace_in variable file from to)
    string(FIND "${${variable}}" "${from}" found)
    if(found EQUAL -1)
        message(FATAL_ERROR "${file} does not hold \"${from}\", in whose place \"${to}\" is installed; "
            "make it and cmake/package.cmake agree")
    endif()
    string(REPLACE "${from}" "${to}" text "${${variable}}")
    set(${variable} "${text}" PARENT_SCOPE)
endfunction()

# The config as it is installed: the API key is a credential of the unit, editors find the schema, and readers the docs.
set(example "${PROJECT_SOURCE_DIR}/config/runwatch.yaml")
read_source("${example}" config)
replace_in(config "${example}" "$schema=runwatch.schema.json" "$schema=/usr/share/runwatch/runwatch.schema.json")
replace_in(config "${example}" "api_key: {env: TELNYX_API_KEY}" "api_key: {credential: telnyx-api-key}")
replace_in(config "${example}" "see docs/" "see /usr/share/doc/runwatch/")
file(WRITE "${package_dir}/runwatch.yaml" "${config}")

# The docs as they are installed, beside the examples; what else they name is in the sources.
file(REMOVE_RECURSE "${package_dir}/docs")
file(GLOB pages CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/docs/*.md")
foreach(page IN LISTS pages)
    cmake_path(GET page FILENAME name)
    read_source("${page}" text)
    string(REPLACE "](../config/examples" "](examples" text "${text}")
    string(REGEX REPLACE "\\[([^]\n]*)\\]\\(\\.\\./[^)\n]*\\)" "\\1" text "${text}")
    file(WRITE "${package_dir}/docs/${name}" "${text}")
endforeach()

# Has `source` compressed to package/NAME.gz, the same bytes each time.
function(compress source name)
    add_custom_command(OUTPUT "${package_dir}/${name}.gz"
        COMMAND "${GZIP}" -9nc "${source}" > "${package_dir}/${name}.gz"
        DEPENDS "${source}" VERBATIM)
    set_property(GLOBAL APPEND PROPERTY package_compressed "${package_dir}/${name}.gz")
endfunction()

compress("${PROJECT_SOURCE_DIR}/docs/man/runwatch.1" runwatch.1)
compress("${PROJECT_SOURCE_DIR}/docs/man/runwatch.yaml.5" runwatch.yaml.5)

# --- program ---

install(TARGETS runwatch RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT program)
install(FILES "${package_dir}/runwatch.1.gz" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1" COMPONENT program)
install(FILES "${package_dir}/runwatch.yaml.5.gz" DESTINATION "${CMAKE_INSTALL_MANDIR}/man5" COMPONENT program)
install(FILES config/runwatch.schema.json DESTINATION "${CMAKE_INSTALL_DATADIR}/runwatch" COMPONENT program)
install(DIRECTORY "${package_dir}/docs/" config/examples docs/prometheus docs/receivers
    DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT program)
install(FILES docs/control-api.openapi.yaml DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT program)
install(FILES completions/runwatch.bash RENAME runwatch
    DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" COMPONENT program)
install(FILES completions/runwatch.fish
    DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d" COMPONENT program)

# --- prefix ---

install(FILES completions/_runwatch DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions" COMPONENT prefix)
install(FILES LICENSE CHANGELOG.md DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT prefix)
configure_file(cmake/install_prefix.cmake.in "${package_dir}/install_prefix.cmake" @ONLY)
install(SCRIPT "${package_dir}/install_prefix.cmake" COMPONENT prefix)

# --- debian ---

read_source("${PROJECT_SOURCE_DIR}/LICENSE" licence)
string(REGEX MATCH "Copyright \\(c\\) ([^\n]+)" found "${licence}")
set(owner "${CMAKE_MATCH_1}")
string(STRIP "${licence}" licence)
string(REGEX REPLACE "\n" "\n " licence "${licence}")
string(REGEX REPLACE "\n \n" "\n .\n" licence "${licence}")
configure_file(packaging/copyright.in "${package_dir}/copyright" @ONLY)
add_custom_command(OUTPUT "${package_dir}/changelog"
    COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/packaging/debian/changelog.py"
        "${PROJECT_SOURCE_DIR}/CHANGELOG.md" runwatch "${PROJECT_VERSION}" "${package_maintainer}"
        > "${package_dir}/changelog"
    DEPENDS packaging/debian/changelog.py CHANGELOG.md VERBATIM)
compress("${package_dir}/changelog" changelog)

# What the maintainer scripts name: services and sockets; and of templates, all instances.
set(package_units "")
set(package_instances "")
foreach(unit IN LISTS units)
    cmake_path(GET unit FILENAME name)
    if(name MATCHES "@\\.")
        string(REPLACE "@." "@*." name "${name}")
        string(APPEND package_instances " '${name}'")
    else()
        string(APPEND package_units " ${name}")
    endif()
endforeach()
foreach(script postinst prerm postrm)
    configure_file("packaging/debian/${script}.in" "${package_dir}/${script}" @ONLY
        FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
endforeach()
file(WRITE "${package_dir}/conffiles" "/etc/runwatch/runwatch.yaml\n")

set(debian COMPONENT debian EXCLUDE_FROM_ALL)
install(FILES ${units} DESTINATION /lib/systemd/system ${debian})
install(FILES "${package_dir}/runwatch.yaml" DESTINATION /etc/runwatch ${debian})
install(FILES completions/_runwatch DESTINATION /usr/share/zsh/vendor-completions ${debian})
install(FILES "${package_dir}/copyright" "${package_dir}/changelog.gz" DESTINATION /usr/share/doc/runwatch ${debian})

get_property(compressed GLOBAL PROPERTY package_compressed)
add_custom_target(documents ALL DEPENDS ${compressed})
add_custom_target(package_contents DEPENDS runwatch documents)

# The package needs no tests: it builds what it holds itself, not all there is.
set(CMAKE_SKIP_PACKAGE_ALL_DEPENDENCY ON)
set(CPACK_INSTALL_COMMANDS "${CMAKE_COMMAND} --build ${PROJECT_BINARY_DIR} --target package_contents")
set(CPACK_INSTALL_CMAKE_PROJECTS
    "${PROJECT_BINARY_DIR}" runwatch program / "${PROJECT_BINARY_DIR}" runwatch debian /)
set(CPACK_GENERATOR DEB)
set(CPACK_SOURCE_GENERATOR "")
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PACKAGE_NAME runwatch)
set(CPACK_PACKAGE_CONTACT "${package_maintainer}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "watches Telnyx AI assistant test runs to their end")
set(CPACK_PACKAGE_DESCRIPTION
"It polls Telnyx AI assistant test runs until each has passed, failed or
ended in error. A CI job learns it by the exit status; as a service it
brings every result to files, webhooks and commands, at least once, over
crashes and receivers that are down for days.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS ca-certificates)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    "${package_dir}/postinst" "${package_dir}/prerm" "${package_dir}/postrm" "${package_dir}/conffiles")
include(CPack)

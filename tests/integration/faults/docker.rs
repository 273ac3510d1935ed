//! A real docker daemon on a lab host, with an image of busybox that needs no registry.

use crate::lab::Host;

/// The image that [`start`] makes.
pub(super) const IMAGE: &str = "lab/busybox";

/// Starts `dockerd` and imports [`IMAGE`].
pub(super) fn start(host: &Host) {
    daemon(host);
    import(host, "docker");
}

/// Makes [`IMAGE`] in `docker` or `podman`.
pub(super) fn import(host: &Host, program: &str) {
    host.sh(&format!(
        "image=$(mktemp -d); chmod 755 $image; mkdir $image/bin; cp /bin/busybox $image/bin
         for name in sh sleep nc cat echo; do ln -s busybox $image/bin/$name; done
         tar -C $image -c . | {program} import - {IMAGE} >/dev/null; rm -r $image"
    ));
}

/// Starts `dockerd` only.
pub(super) fn daemon(host: &Host) {
    host.detach("root", "exec dockerd --userland-proxy=false >/var/log/dockerd.log 2>&1");
    host.wait_for("docker info >/dev/null 2>&1");
}

/// [`start`] on several hosts at the same time.
pub(super) fn start_on<'host>(hosts: impl IntoIterator<Item = &'host Host>) {
    std::thread::scope(|scope| {
        for host in hosts {
            scope.spawn(|| start(host));
        }
    });
}

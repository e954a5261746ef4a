namespace Depmap.Cluster.Tests;

/// <summary>A machine with nothing but curl and a kubeconfig: install.sh, install, observe, uninstall.</summary>
[Collection(nameof(Kubernetes))]
public sealed class FreshMachineTests(Kubernetes cluster)
{
    [Fact]
    public async Task The_plugin_is_installed_by_the_script_and_used_in_a_fresh_Debian_root()
    {
        await cluster.RunAsync($"""
            kubectl apply -f {AppContext.BaseDirectory}/shop.yaml
            kubectl -n shop rollout status deployment/web deployment/cart --timeout=60s
            """);
        string before = await cluster.RunAsync(Kubernetes.Everything);
        string output = await cluster.RunAsync($$"""
            work=$(mktemp -d)
            root=$work/root
            trap 'kill $server; umount -l $root/dev $root/proc; rm -rf $work' EXIT
            # A release on this machine.
            mkdir -p $root/usr/{bin,sbin,lib,lib64} $work/latest/download
            cp {{Installation.Plugin}} {{Installation.File("packaging/archive")}}/kubectl_complete-depmap $work
            cd $work/latest/download
            tar -czf kubectl-depmap_linux_amd64.tar.gz -C $work kubectl-depmap kubectl_complete-depmap
            sha256sum *.gz >SHA256SUMS
            python3 -u -m http.server --bind 127.0.0.1 --directory $work 0 >$work/log 2>&1 &
            server=$!
            until port=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' $work/log 2>/dev/null) && [ -n "$port" ]; do sleep 0.1; done

            ln -s usr/bin usr/sbin usr/lib usr/lib64 $root
            {{Installation.File("scripts/unpack.sh")}} amd64 - $root bash coreutils curl grep gzip libc-bin mawk tar >&2
            ln -sf bash $root/bin/sh
            ln -s mawk $root/bin/awk
            mkdir -p $root/{dev,proc,tmp,root/.kube}
            mount --rbind /dev $root/dev && mount --make-rslave $root/dev
            mount -t proc proc $root/proc
            cp $KUBECONFIG $root/root/.kube/config
            cp {{Installation.File("install.sh")}} $work

            kubectl -n shop exec deployment/web -- sh -c 'while :; do curl -s http://cart/; sleep 1; done' >/dev/null 2>&1 &
            caller=$!
            env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin HOME=/root chroot $root bash -euo pipefail -c "
              curl -sSfL http://127.0.0.1:$port/install.sh | BASE_URL=http://127.0.0.1:$port sh
              depmap install --registry localhost >&2
              depmap observe -f --service shop/cart --last 1 -o compact | head -n 1
              depmap uninstall >&2
            "
            kill $caller
            """);

        string[] lines = output.Split('\n');
        Assert.Equal(["installed depmap and kubectl-depmap in /usr/local/bin", "next: depmap try"], lines[..2]);
        Assert.Matches("shop/web.*shop/cart", lines[2]);
        await Wait.TryUntilAsync(async () => before == await cluster.RunAsync(Kubernetes.Everything));
        Assert.Equal(before, await cluster.RunAsync(Kubernetes.Everything));
        await cluster.RunAsync("kubectl delete namespace shop --timeout=60s");
    }
}

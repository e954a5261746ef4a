# typed: strict
# frozen_string_literal: true

# Shows which services talk to each other in a Kubernetes cluster.
# A template: `make dist` puts the version and the sums of the archives in (out/dist/depmap.rb).
class Depmap < Formula
  desc "Show which services talk to each other in a Kubernetes cluster, and what fails"
  homepage "https://github.com/depmap/depmap"
  version "@VERSION@"
  license "Apache-2.0"

  on_macos do
    on_arm do
      url "https://github.com/depmap/depmap/releases/download/v@VERSION@/kubectl-depmap_darwin_arm64.tar.gz"
      sha256 "@SHA256 kubectl-depmap_darwin_arm64.tar.gz@"
    end
    on_intel do
      url "https://github.com/depmap/depmap/releases/download/v@VERSION@/kubectl-depmap_darwin_amd64.tar.gz"
      sha256 "@SHA256 kubectl-depmap_darwin_amd64.tar.gz@"
    end
  end

  on_linux do
    on_arm do
      url "https://github.com/depmap/depmap/releases/download/v@VERSION@/kubectl-depmap_linux_arm64.tar.gz"
      sha256 "@SHA256 kubectl-depmap_linux_arm64.tar.gz@"
    end
    on_intel do
      url "https://github.com/depmap/depmap/releases/download/v@VERSION@/kubectl-depmap_linux_amd64.tar.gz"
      sha256 "@SHA256 kubectl-depmap_linux_amd64.tar.gz@"
    end
  end

  def install
    bin.install "kubectl-depmap", "kubectl_complete-depmap"
    bin.install_symlink bin/"kubectl-depmap" => "depmap"
    generate_completions_from_executable(bin/"depmap", "completion")
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/depmap version --client")
  end
end

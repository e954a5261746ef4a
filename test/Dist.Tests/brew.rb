# A stand-in for Homebrew, with as much of its formulas as depmap.rb uses.
#
#   brew.rb install FORMULA     installs it from ARCHIVES into PREFIX and runs its test
#   brew.rb urls FORMULA        prints the system, URL and sum of each platform
require "digest"
require "fileutils"
require "pathname"
require "tmpdir"

class Pathname
  def install(*files)
    mkpath
    files.each { |file| FileUtils.cp(file, self, preserve: true) }
  end

  def install_symlink(links)
    links.each { |target, name| FileUtils.ln_s(Pathname(target).relative_path_from(self), self / name) }
  end
end

class Formula
  class << self
    attr_accessor :system, :processor

    def self.attribute(name)
      define_method(name) do |*value|
        instance_variable_set("@#{name}", value.first) unless value.empty?
        instance_variable_get("@#{name}")
      end
    end
    %i[desc homepage version license url sha256].each { |name| attribute(name) }

    def on_macos = (yield if Formula.system == "darwin")
    def on_linux = (yield if Formula.system == "linux")
    def on_arm = (yield if Formula.processor == "arm64")
    def on_intel = (yield if Formula.processor == "amd64")
    def test(&block) = define_method(:run_test, &block)
  end

  def version = self.class.version
  def prefix = Pathname(ENV.fetch("PREFIX"))
  def bin = prefix / "bin"

  def generate_completions_from_executable(*command)
    {bash: "etc/bash_completion.d/depmap", zsh: "share/zsh/site-functions/_depmap",
     fish: "share/fish/vendor_completions.d/depmap.fish"}.each do |shell, file|
      (prefix / file).dirname.mkpath
      (prefix / file).write(shell_output([*command, shell].join(" ")))
    end
  end

  def shell_output(command)
    output = `#{command}`
    raise "#{command} failed" unless $?.success?

    output
  end

  def assert_match(expected, actual) = actual.include?(expected) || raise("#{actual} does not contain #{expected}")
end

# The formula as a machine of this kind sees it.
def formula(file, system, processor)
  Formula.system = system
  Formula.processor = processor
  Object.send(:remove_const, :Depmap) if Object.const_defined?(:Depmap)
  load file
  Depmap
end

action, file = ARGV
case action
when "urls"
  %w[darwin linux].product(%w[amd64 arm64]).each do |system, processor|
    depmap = formula(file, system, processor)
    puts [system, processor, depmap.url, depmap.sha256].join(" ")
  end
when "install"
  depmap = formula(file, "linux", "amd64")
  archive = File.join(ENV.fetch("ARCHIVES"), File.basename(depmap.url))
  raise "wrong sum of #{archive}" unless Digest::SHA256.file(archive).hexdigest == depmap.sha256

  Dir.mktmpdir do |folder|
    Dir.chdir(folder) do
      system("tar", "-xzf", archive, exception: true)
      depmap.new.install
    end
  end
  depmap.new.run_test
else
  abort "usage: brew.rb install|urls FORMULA"
end

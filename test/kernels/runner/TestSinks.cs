using Xunit.Abstractions;

namespace Depmap.Kernels.Runner;

/// <summary>Collects the tests of an assembly.</summary>
internal sealed class TestDiscovery : TestMessageSink
{
    public List<ITestCase> Tests { get; } = [];

    protected override bool OnMessage(IMessageSinkMessage message)
    {
        if (message is ITestCaseDiscoveryMessage found)
            Tests.Add(found.TestCase);
        return message is IDiscoveryCompleteMessage;
    }
}

/// <summary>Prints and counts the result of each test.</summary>
internal sealed class TestReport : TestMessageSink
{
    public int Passed { get; private set; }

    public int Failed { get; private set; }

    protected override bool OnMessage(IMessageSinkMessage message)
    {
        switch (message)
        {
            case ITestPassed test:
                Passed++;
                Console.WriteLine($"ok {test.Test.DisplayName} ({test.ExecutionTime:0.0} s)");
                break;
            case ITestFailed test:
                Fail(test.Test.DisplayName, test);
                break;
            case IErrorMessage error:
                Fail("outside of a test", error);
                break;
            case ITestClassCleanupFailure failure:
                Fail(failure.TestClass.Class.Name, failure);
                break;
            case ITestCollectionCleanupFailure failure:
                Fail(failure.TestCollection.DisplayName, failure);
                break;
        }

        return message is ITestAssemblyFinished;
    }

    private void Fail(string name, IFailureInformation reason)
    {
        Failed++;
        Console.WriteLine($"FAIL {name}: {string.Join(" / ", reason.Messages).ReplaceLineEndings(" / ")}");
    }
}

/// <summary>Receives the messages of xunit until the last one.</summary>
internal abstract class TestMessageSink : LongLivedMarshalByRefObject, IMessageSink, IDisposable
{
    private readonly Lock _lock = new();

    public ManualResetEvent Finished { get; } = new(initialState: false);

    bool IMessageSink.OnMessage(IMessageSinkMessage message)
    {
        lock (_lock)
        {
            if (OnMessage(message))
                Finished.Set();
        }

        return true;
    }

    public void Dispose() => Finished.Dispose();

    /// <returns>Whether this is the last message.</returns>
    protected abstract bool OnMessage(IMessageSinkMessage message);
}

/// <summary>The default options of xunit.</summary>
internal sealed class FrameworkOptions : LongLivedMarshalByRefObject, ITestFrameworkDiscoveryOptions, ITestFrameworkExecutionOptions
{
    private readonly Dictionary<string, object?> _values = [];

    public TValue GetValue<TValue>(string name) => _values.TryGetValue(name, out object? value) ? (TValue)value! : default!;

    public void SetValue<TValue>(string name, TValue value) => _values[name] = value;
}

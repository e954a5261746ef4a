using Depmap.Relay;
using Depmap.Relay.Options;

try
{
    return await new RelayCommand(Environment.GetEnvironmentVariable).RunAsync(args, Console.Out, Console.Error, RelayHost.Run);
}
catch (UserException e)
{
    await Console.Error.WriteLineAsync("error: " + e.Message);
    return 1;
}

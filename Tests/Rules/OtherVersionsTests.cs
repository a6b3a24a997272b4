using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Serialization.TypeSystem;
using SoonShop.Orders;
using SoonShop.ServiceDefaults;

namespace SoonShop.Tests.Rules;

public sealed class OtherVersionsTests
{
    [Fact]
    public void a_request_for_a_method_that_is_not_there_is_told_from_other_failures()
    {
        using var services = new ServiceCollection().AddSerializer(s => s.AddAssembly(typeof(IOrderGrain).Assembly)).BuildServiceProvider();
        var types = services.GetRequiredService<TypeConverter>();
        var request = typeof(IOrderGrain).Assembly.GetTypes().Select(t =>
            t.Name.StartsWith("Invokable_IOrderGrain", StringComparison.Ordinal) ? types.Format(t) : "")
            .First(name => name.Contains("\"supersede\"", StringComparison.Ordinal));
        Assert.NotNull(types.Parse(request));

        // What Orleans throws where the request is read, and sends back to the caller.
        var unknown = Assert.Throws<TypeLoadException>(
            () => types.Parse(request.Replace("\"supersede\"", "\"not-there\"", StringComparison.Ordinal)));

        Assert.True(OtherVersions.LackMethod(unknown), unknown.Message);
        Assert.False(OtherVersions.LackMethod(new TypeLoadException("Could not load type 'X'.")));
        Assert.False(OtherVersions.LackMethod(new InvalidOperationException(unknown.Message)));
    }
}

using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using SoonShop.Orleans.PostgreSql.Storage;

namespace SoonShop.Tests.Rules;

public sealed class StorageFailedExceptionTests
{
    [Fact]
    public void it_tells_a_caller_on_another_silo_what_it_tells_here()
    {
        using var services = new ServiceCollection().AddSerializer().BuildServiceProvider();
        var serializer = services.GetRequiredService<Serializer>();
        var copy = Assert.IsType<StorageFailedException>(serializer.Deserialize<Exception>(
            serializer.SerializeToArray<Exception>(new StorageFailedException("cart 7 may have been written", outcomeUnknown: true))));
        Assert.Equal(("cart 7 may have been written", true), (copy.Message, copy.OutcomeUnknown));
    }
}

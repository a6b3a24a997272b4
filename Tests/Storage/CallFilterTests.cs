using SoonShop.Orleans.PostgreSql.Storage;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Storage;

[Collection(nameof(InProcessSilo))]
public sealed class CallFilterTests(InProcessSilo silo)
{
    /// <summary>
    /// A client has none of the silo's assemblies: an exception of theirs inside would make the answer one that it cannot read.
    /// </summary>
    [Theory]
    [InlineData(Failure.Wrapped, "An earlier write failed.")]
    [InlineData(Failure.Plain, "The shop is busy or its database is out of reach. Try again.")]
    [InlineData(Failure.OlderSilo, "The shop is being upgraded, and cannot do this until it is done. Try again in some minutes.")]
    public async Task callers_get_the_reason_and_no_exception_of_the_silo_s_own(Failure failure, string message)
    {
        var grain = silo.Grains.GetGrain<IFailing>("failing");

        var e = await Assert.ThrowsAsync<UnavailableException>(() => grain.FailAsync(failure));

        Assert.Equal(message, e.Message);
        Assert.Null(e.InnerException);
    }
}

/// <summary>How a call fails.</summary>
public enum Failure
{
    /// <summary>With the storage's own exception.</summary>
    Plain,

    /// <summary>With one that callers know, for which the storage's is the cause.</summary>
    Wrapped,

    /// <summary>With the answer of a silo that does not know the method.</summary>
    OlderSilo,
}

[Alias("tests.failing")]
internal interface IFailing : IGrainWithStringKey
{
    [Alias("fail")]
    Task FailAsync(Failure failure);
}

internal sealed class Failing : Grain, IFailing
{
    public Task FailAsync(Failure failure)
    {
        var cause = new StorageFailedException("The row was not written.", inner: new Npgsql.NpgsqlException("The connection was lost."));
        throw failure switch
        {
            Failure.Plain => cause,
            Failure.OlderSilo => new TypeLoadException(
                "Unable to resolve type alias \"(\"inv\",[Orleans.Runtime.GrainReference],[SoonShop.Orders.IOrderGrain],\"not-there\")\"."),
            _ => new UnavailableException("An earlier write failed.", cause),
        };
    }
}

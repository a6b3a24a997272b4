namespace SoonShop.Health;

/// <summary>The port to check whether the database responds.</summary>
public interface IDatabaseHealth
{
    /// <summary>Returns when the database has responded; throws when it does not.</summary>
    Task CheckAsync(CancellationToken cancellation);
}

namespace SoonShop.Health;

/// <summary>The port that tells whether the database answers.</summary>
public interface IDatabaseHealth
{
    /// <summary>Returns when it answered; throws when it did not.</summary>
    Task CheckAsync(CancellationToken cancellation);
}

namespace SoonShop.Notifications;

/// <summary>Finds those who are told how the shop fares.</summary>
public interface IAdministrators
{
    /// <summary>The ids of the users with the role, at most <see cref="MaxTold"/>.</summary>
    Task<ImmutableArray<Guid>> ListAsync(CancellationToken cancellation);

    /// <summary>The most administrators who are told.</summary>
    const int MaxTold = 100;
}

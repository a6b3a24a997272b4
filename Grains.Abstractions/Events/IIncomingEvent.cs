namespace SoonShop.Events;

/// <summary>
/// An event that other systems may send to the shop through the message broker. Other types are refused there, so that nobody can claim
/// that a grain decided something. An implementation names its <see cref="IShopEvent.Stream"/>.
/// </summary>
public interface IIncomingEvent : IShopEvent
{
    /// <summary>
    /// Returns why the event cannot be accepted; null when it can. Only what never changes is checked here, such as a missing field.
    /// </summary>
    string? Problem();
}

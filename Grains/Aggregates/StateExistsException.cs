namespace SoonShop.Aggregates;

/// <summary>A first write found that its grain has a row, which was not read before. It is read now, and nothing was written.</summary>
internal sealed class StateExistsException(string message) : Exception(message);
